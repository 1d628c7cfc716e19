"""Everything that runs in the image: load model versions, answer HTTP. Never imports training."""

__version__ = "0.1.0"
