package eventbridge

// Matches reports whether an event, in the JSON form that targets get, matches a pattern.
func Matches(pattern, event string) (bool, error) {
	p, err := parsePattern([]byte(pattern))
	if err != nil {
		return false, err
	}
	document, err := decode([]byte(event))
	return err == nil && p.matches(document), err
}
