"""What `trimtab get` and `trimtab describe` show: objects read from the topics, selected, and printed as kubectl does.

    topics ─▶ source (Kafka) ─▶ log, terms (pure: records to objects) ─▶ rows ─▶ selecting ─▶ printing
                                                                    └─▶ describing (one container), sparkline
"""
