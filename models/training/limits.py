"""What the model card says in words alone: what the model is for, where it ends, how to make it anew."""

INTRODUCTION = """\
Made by `creditrisk train`; do not edit it by hand. It says of both models of the layer what they learned from, how good
they are on applications that they never saw, whom they decline, and what they must not be used for."""

LIMITS = """\
## Limits of use

- **Not for lending as it is.** It shows how such a system is built. Before it decides on anyone it needs data of the
  lender's own applicants, a legal review of its fields, and a validation by someone who did not build it.
- **One retailer, Brazil, before 2010.** Incomes and assets are in the R$ of that time; jobs, cities, phones and cards
  have changed since. Expect the ranking to fade and the probabilities to be off for any other population.
- **Only those who got the card.** The outcome of declined applicants is not in the data; of people whom the retailer
  would not have accepted, the model knows nothing.
- **A weak ranking.** An ROC-AUC near 0.66 means that of one good and one bad client, it puts the bad one first in two
  pairs out of three. Many declined clients would have paid.
- **The threshold is a business choice.** At 0.5 nearly everyone is approved; what a wrong approval and a wrong
  decline cost decides where it belongs (`THRESHOLD`).
- **Codes without a meaning.** The publisher never said what the codes of occupation, profession, product and others
  mean; a reason that names one says that it counted, not why.
- **Reasons explain the score, not the person.** They tell what moved this model's figure, not what would cause a client
  to pay.
- **No time in the data.** Cross-validation mixes applications of one period; it cannot show how the model ages. In
  the publisher's later files, which have no outcomes, the inputs have moved much further than the scores (three years
  on, e-mail addresses and the way of applying above all). Compare outcomes with what the model promised, and train it
  anew."""

RETRAIN = """\
## How to make it anew

```
creditrisk train modeling.txt.gz                       # the layer and this card
creditrisk train modeling.txt.gz --ablation            # and measures what the protected fields are worth
creditrisk train modeling.txt.gz --exclude-protected   # without sex, marital status, nationality and place of birth
creditrisk train modeling.txt.gz --exclude AGE         # without any other field
creditrisk train modeling.txt.gz --out FOLDER --card card.md   # elsewhere, with a card of its own
```

The same data, seed and library versions give the same predictions. The layer is replaced whole or not at all, and
`creditrisk model rollback` brings the one before it back. The data is not part of the project."""
