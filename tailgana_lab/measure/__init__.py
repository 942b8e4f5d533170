"""Measuring: sessions, both samplers, memory, and what their figures say. Only this package speaks with the engine."""
