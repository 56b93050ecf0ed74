//! A customer's activity: what happened to its account, and who did it.
