//! What simulated containers do: images, commands, exit codes, memory, warm-up, answers to requests.
