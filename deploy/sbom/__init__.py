"""A bill of materials (CycloneDX 1.6) of a container image, from what the image really has: `make sbom`."""
