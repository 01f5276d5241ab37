"""Runners: how a stream of notes gets through the engine, on one machine or many."""
