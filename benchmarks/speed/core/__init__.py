"""What the core costs without a broker: decode, fold, closes, forecast, decisions, checkpoints, beside peers."""
