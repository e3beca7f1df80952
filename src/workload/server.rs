//! A server process: starts up, serves, drains.
