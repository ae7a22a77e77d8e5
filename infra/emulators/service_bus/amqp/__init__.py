"""A small AMQP 1.0 server on asyncio: types, frames, connections, sessions and links; it knows no Service Bus."""
