"""The cashier screen: a live page of the sale in front. See `screen_blueprint`."""

from pos_engine.daemon.screen.blueprint import card_screen_blueprint, screen_blueprint
from pos_engine.daemon.screen.feed import CLIENTS_MAX, ScreenFeed

__all__ = ["CLIENTS_MAX", "ScreenFeed", "card_screen_blueprint", "screen_blueprint"]
