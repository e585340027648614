"""People rate what was found: cases to show them, raters, how far they agree, and a model of what they would say."""
