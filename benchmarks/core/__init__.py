"""What every experiment uses: results, timing, programs, subjects, plots and tables."""
