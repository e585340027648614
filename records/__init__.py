"""What joins explorers and analyses by data: the run folder, the probe store, policy tables."""
