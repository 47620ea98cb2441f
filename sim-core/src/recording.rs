//! A run that can be scrubbed: snapshots at intervals, and the log to replay from them.
