"""What `trimtab accuracy` shows: hours of workloads, as the engine told them, added up."""
