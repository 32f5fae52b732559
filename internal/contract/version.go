package contract

// Version is the version of oralake that a stack was deployed with. CHANGELOG.md begins with it.
const Version = "0.1.0"
