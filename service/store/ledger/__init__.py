"""What was decided and what came of it, durable before it is answered."""
