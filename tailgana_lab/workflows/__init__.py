"""The workflows of the lab, one module each: enum, config, result, coordinator."""
