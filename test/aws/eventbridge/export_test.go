package eventbridge

// Matches says whether an event, as targets get it, matches a pattern.
func Matches(pattern, event string) (bool, error) {
	p, err := parsePattern([]byte(pattern))
	if err != nil {
		return false, err
	}
	document, err := decode([]byte(event))
	return err == nil && p.matches(document), err
}
