package tpch

import "sync"

// The words of the comments. The standard has other ones.
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

// textSize is the length of the text that comments are cut from. It is long enough that few long comments are the same.
const textSize = 4 << 20

// text is the sentences that comments are cut from. It is made once.
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

// comment is a piece of the text, between two fifths and eight fifths of the average length.
func (g *generator) comment(c column, average int64) string {
	shortest, longest := average*2/5, average*8/5
	start := g.between(c, 0, textSize-longest)
	return g.text[start : start+g.between(c, shortest, longest)]
}

// supplierComment is a comment that, for one supplier in a thousand, says what customers think of it.
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
