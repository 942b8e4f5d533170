"""Results as Vega-Lite descriptions (plain dicts), and the colours that all pictures share."""
