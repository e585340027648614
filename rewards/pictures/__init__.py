"""Whether a picture shows what its prompt asks for."""
