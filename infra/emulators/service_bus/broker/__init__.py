"""The broker: queues, topics and subscriptions in memory, without sockets and without threads."""
