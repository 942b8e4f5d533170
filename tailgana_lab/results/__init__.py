"""The public result classes: data, invariants, and the verbs that users expect on them."""
