"""The map: a component that draws it, the routes that it asks, and which works are chosen on it."""
