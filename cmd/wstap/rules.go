package main

import (
	"errors"

	"wstap/classify"
)

// loadRules returns our catalogue with the rules of the user's files.
func loadRules(files []string) (*classify.Catalogue, error) {
	builtin, err := classify.Builtin()
	if err != nil {
		return nil, err
	}
	c, err := builtin.With(files)
	if err != nil {
		return nil, ruleError(err)
	}
	return c, nil
}

// ruleError explains what is wrong with a file of rules.
func ruleError(err error) error {
	var e *classify.RuleError
	if errors.As(err, &e) {
		return &usageError{err, e.Hint}
	}
	return &usageError{err: err}
}
