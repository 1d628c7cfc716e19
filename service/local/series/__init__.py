"""Lists, arrays, pandas series and data frames → series of readings whose dates are regular."""
