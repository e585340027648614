"""Labels of data matched to classes of targets."""
