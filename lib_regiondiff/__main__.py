"""`python -m lib_regiondiff`: the command line."""

if __name__ == "__main__":
    try:
        from lib_regiondiff.cli import main
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    main(prog_name="regiondiff")
