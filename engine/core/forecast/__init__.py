"""The forecast: the distribution of each container's usage 1, 2 and 4 hours ahead, learned online.

Pure; a row's result depends on its own samples alone.
"""

from engine.core.forecast.forecaster import forecast_due, learn, observe, warm_up
from engine.core.forecast.latest import AMOUNTS, Forecast, forecast
from engine.core.forecast.outlook import Outlook, forecast_at
from engine.core.forecast.river_model import check_forecaster
from engine.core.forecast.state import LEADS, ForecastRows

__all__ = [
    "AMOUNTS",
    "LEADS",
    "Forecast",
    "ForecastRows",
    "Outlook",
    "check_forecaster",
    "forecast",
    "forecast_at",
    "forecast_due",
    "learn",
    "observe",
    "warm_up",
]
