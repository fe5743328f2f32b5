//! Images: what containers are made from, and how an image comes to be on the engine.
