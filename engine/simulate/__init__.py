"""`trimtab simulate`: a recorded trace through the engine's own fold, and the requests that it would have set."""
