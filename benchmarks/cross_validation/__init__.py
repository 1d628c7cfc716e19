"""Cross-validation of many monthly series through the Nixtla client, beside AutoETS of statsforecast on the same cores."""
