"""One reward, one file. `pos_engine.core.registry` lists them by kind."""
