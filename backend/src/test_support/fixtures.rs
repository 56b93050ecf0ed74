//! Rows that tests start from, made by the commands themselves.
