@rem Windows has no exec. The scripts in package.json begin with it so that elsewhere the shell of npm gives way to
@rem Node.js, which then gets the signals and whose exit code becomes npm's. cmd.exe looks in this folder first.
@%*
