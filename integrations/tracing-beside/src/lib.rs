//! Nothing but tests, in `tests/`: ripsaw's layer for `tracing` in one registry with the layers of others. Both see everything,
//! and neither changes what the other sees.
