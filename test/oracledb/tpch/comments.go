package tpch

import "sync"

// The words of the comments. They are not those of the standard.
var (
	adverbs    = []string{"gladly", "slowly", "neatly", "rarely", "calmly", "kindly", "firmly", "twice", "early", "seldom"}
	adjectives = []string{
		"late", "heavy", "spare", "plain", "narrow", "fragile", "sealed", "cheap", "damp", "half-empty", "labelled", "costly",
	}
	nouns = []string{
		"crates", "invoices", "pallets", "buyers", "ferries", "drivers", "ledgers", "parcels", "brokers", "shelves",
		"barrels", "lorries",
	}
	verbs = []string{
		"wait", "leave", "return", "arrive", "settle", "depart", "pile up", "get lost", "pass", "weigh in", "turn around",
	}
	prepositions = []string{"behind", "beside", "before", "near", "under", "past", "without", "instead of"}
	endings      = []string{".", ".", ".", ";", "!", "?", ", but"}
)

// textSize is the length in bytes of the text from which comments are cut. It is large enough that long comments rarely
// repeat.
const textSize = 4 << 20

// text returns the sentences from which comments are cut. It makes them once.
var text = sync.OnceValue(func() string {
	random := stream{last: 933588178} // dbgen's seed for its text
	b := make([]byte, 0, textSize+100)
	add := func(words []string) { b = append(append(b, ' '), words[random.next()%int64(len(words))]...) }
	for len(b) < textSize {
		add(adjectives)
		add(nouns)
		form := random.next() % 4
		if form%2 == 1 {
			add(adverbs)
		}
		add(verbs)
		if form >= 2 {
			add(prepositions)
			b = append(b, " the"...)
			add(adjectives)
			add(nouns)
		}
		b = append(b, endings[random.next()%int64(len(endings))]...)
	}
	return string(b[:textSize])
})

// comment cuts a comment from the text. Its length is between two fifths and eight fifths of the average.
func (g *generator) comment(c column, average int64) string {
	shortest, longest := average*2/5, average*8/5
	start := g.between(c, 0, textSize-longest)
	return g.text[start : start+g.between(c, shortest, longest)]
}

// supplierComment is a comment. For about one supplier in a thousand it contains a customer's praise or complaint.
func (g *generator) supplierComment() string {
	const subject, praise, blame = "Customer ", "Recommends", "Complaints"
	text := g.comment(supplierComment, 63)
	if g.between(supplierReviewed, 1, 10_000) > 10 {
		return text
	}
	review := praise
	if g.between(supplierReview, 0, 100) < 50 {
		review = blame
	}
	spare := len(text) - len(subject) - len(review)
	gap := int(g.between(supplierReviewGap, 0, int64(spare)))
	start := int(g.between(supplierReviewStart, 0, int64(spare-gap)))
	end := start + len(subject) + gap
	return text[:start] + subject + text[start+len(subject):end] + review + text[end+len(review):]
}
