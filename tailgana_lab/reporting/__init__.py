"""Results as text and HTML: what a cell shows without a script, and the offline report."""
