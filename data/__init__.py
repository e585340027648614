"""Items a target is shown: image folders, datasets by name, and the procedural street world."""
