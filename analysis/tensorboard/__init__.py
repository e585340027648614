"""What TensorBoard shows: scalars, meshes, the projector."""
