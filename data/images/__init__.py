"""Images from folders, torchvision and the hub."""
