//! Every state, repeated, concurrent, interrupted.
