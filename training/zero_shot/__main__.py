"""Zero-shot forecasts: forecasters on many series that they have never seen, beside baselines and printed figures.

    python -m training.zero_shot --data m3_monthly_dataset.tsf sets.json.gz --models universal --out results.json
    python -m training.zero_shot --data directory_of_csvs/ --models universal --baselines theta,ets

Sets (.json, .tsf, compressed or not): one forecast of each series' test part by its median, as in printed benchmarks.
A directory of CSVs: forecasts from origins over the last third of each series (see rolling_origins.py).
"""

import sys
from collections.abc import Sequence

from service.artifacts import bundle
from training.data.tables import DataError
from training.evaluation import baselines, test_log
from training.zero_shot import rolling_origins, sets_run
from training.zero_shot.options import ZeroShotOptions, parse_options


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        options = parse_options(arguments, __doc__ or "")
        if options.series.dry_run:
            rolling_origins.dry_run(options)
        elif reads_csvs(options):
            rolling_origins.run(options)
        else:
            sets_run.run(options)
    except (DataError, ValueError, baselines.BaselineMissing, bundle.BundleError, test_log.TestLogError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def reads_csvs(options: ZeroShotOptions) -> bool:
    """Whether the data is one directory with CSVs in it."""
    return len(options.data) == 1 and options.data[0].is_dir() and any(options.data[0].glob("*.csv"))


if __name__ == "__main__":
    sys.exit(main())
