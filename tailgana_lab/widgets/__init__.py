"""Live panels, and the contract between them and the front end."""
