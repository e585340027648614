"""Action schemes: how an agent moves over the grid."""
