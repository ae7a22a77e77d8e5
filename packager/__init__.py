"""Put function, model and host into an image."""
