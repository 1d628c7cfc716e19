"""Trained networks to model versions: SavedModel, ONNX, and the way back to Keras."""
