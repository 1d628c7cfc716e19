"""The pictures of docs/recurrent_networks.md, one module for each kind: diagrams of networks and cells, and plots of numbers."""
