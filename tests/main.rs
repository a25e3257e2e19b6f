//! Tests of the real binaries.
