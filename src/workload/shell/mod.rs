//! The interpreter of commands and shell scripts, in virtual time.
