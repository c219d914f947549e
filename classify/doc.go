// Package classify says why: it concludes findings from the facts of an attempt, and
// who answered it. The rules are data (catalogue/*.yaml), in the language of
// --where, and users can add their own.
package classify
